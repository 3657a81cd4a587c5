import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import type { Browser, Page } from 'playwright-core';
import { suite } from '../../harness/suite.js';
import { DESKTOP, open, PHONE, seriousFindings, startBrowser } from './browser.js';
import { FOLDER, reportOf, RUN_NAMES } from './runs.js';
import type { RunName } from './runs.js';

const MINUTE = 60_000;
const test = suite('proof: the report in a browser', { timeoutMs: 12 * MINUTE, fileTimeoutMs: 60 * MINUTE });

let browser: Browser;
const files = new Map<RunName, string>();

test.before(async () => {
  browser = await startBrowser();
});
test.after(async () => {
  await browser?.close();
});

async function file(name: RunName): Promise<string> {
  const known = files.get(name) ?? (await reportOf(name));
  files.set(name, known);
  return known;
}

/** What has a picture of its own, beside the top of the page. */
const PARTS = {
  points: '#points',
  memory: '.story[open] .memory',
  story: '.story[open]',
  tests: '#matrix',
  time: '#time',
  trend: '#trend',
  known: '#known',
  baseline: '#baseline',
  coverage: '#coverage',
  mutants: '#score',
  how: '#facts',
} as const;

for (const name of RUN_NAMES) {
  test(`${name}: opens from disk without a complaint, and asks nobody for anything`, async () => {
    for (const scheme of ['light', 'dark'] as const) {
      for (const size of [DESKTOP, PHONE]) {
        await using shown = await open(browser, await file(name), { ...size, scheme });
        const { page, complaints, requests } = shown;
        await openAll(page);
        assert.equal(complaints, []);
        assert.equal(requests, []);
        assert.not.match(await page.title(), /^owned/);
        const wide: number = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        assert.ok(wide <= 0, `${wide} pixels wider than the window at ${size.width}`);
      }
    }
  });

  test(`${name}: axe-core finds nothing serious`, async () => {
    for (const scheme of ['light', 'dark'] as const) {
      await using shown = await open(browser, await file(name), { ...DESKTOP, scheme });
      await openSome(shown.page);
      assert.equal(await seriousFindings(shown.page), []);
    }
  });

  test(`${name}: below two megabytes`, async () => {
    const { size } = statSync(await file(name));
    process.stdout.write(`${name}.html: ${(size / 1e6).toFixed(2)} MB\n`);
    assert.ok(size < 2_000_000, String(size));
  });

  test(`${name}: pictures for who looks at them`, async () => {
    const folder = path.join(FOLDER, 'pictures');
    mkdirSync(folder, { recursive: true });
    for (const scheme of ['light', 'dark'] as const)
      for (const [at, size] of [
        ['desktop', DESKTOP],
        ['phone', PHONE],
      ] as const) {
        await using shown = await open(browser, await file(name), { ...size, scheme });
        const { page } = shown;
        const picture = (part: string): string => path.join(folder, `${name}-${part}-${at}-${scheme}.png`);
        await page.screenshot({ path: picture('top') });
        // It would lie upon what is taken in several pieces.
        await page.evaluate('document.querySelector("nav").style.position = "static"');
        for (const [part, selector] of Object.entries(PARTS)) {
          const element = page.locator(selector).first();
          if ((await element.count()) > 0) await element.screenshot({ path: picture(part) });
        }
      }
  });
}

/** Everything that can be opened, at most 60 stories. */
async function openAll(page: Page): Promise<void> {
  await page.evaluate(
    'for (const one of [...document.querySelectorAll("details")].slice(0, 200)) one.open = true',
  );
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
}

/** The first stories: axe looks at every element that can be seen, and a page of 800 tests has many alike. */
async function openSome(page: Page): Promise<void> {
  await page.evaluate(
    'for (const one of [...document.querySelectorAll("details")].slice(0, 6)) one.open = true',
  );
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
}

test('the filter of the matrix works by keyboard', async () => {
  await using shown = await open(browser, await file('bad'), { ...DESKTOP, scheme: 'light' });
  const { page } = shown;
  const rows = page.locator('#matrix tbody tr:not(.g):visible');
  const all = await rows.count();
  await page.locator('#filter-text').focus();
  await page.keyboard.type('s2');
  const found = await rows.count();
  assert.ok(found > 0 && found < all, `${found} of ${all}`);
  for (const name of await rows.locator('th').allTextContents()) assert.match(name.toLowerCase(), 's2');
  await page.keyboard.press('Tab');
  assert.is(await focused(page), 'filter-kind');
  await page.keyboard.type('hang');
  assert.equal(await rows.locator('th').allTextContents(), ['mixed-order/S2b']);
  await page.keyboard.press('Home');
  await page.keyboard.press('Tab');
  assert.is(await focused(page), 'filter-changed');
  const before = await rows.count();
  await page.keyboard.press('Space');
  assert.ok((await rows.count()) >= before);
  assert.match((await page.locator('#matrix output').textContent()) ?? '', /^\d+ of \d+ tests$/);
});

test('a cell leads to its story, and back goes to the cell', async () => {
  await using shown = await open(browser, await file('bad'), { ...DESKTOP, scheme: 'light' });
  const { page } = shown;
  const link = page.locator('#matrix td.v-fail a').nth(3);
  await link.focus();
  const id = (await link.getAttribute('href'))?.slice(1) ?? '';
  await page.keyboard.press('Enter');
  const told = page.locator(`#${id}`);
  await told.waitFor({ state: 'visible' });
  assert.is(await focused(page), id);
  assert.match((await told.textContent()) ?? '', 'What was done');
});

test('slider and picture work by keyboard, and the model stands beside the guest', async () => {
  await using shown = await open(browser, await file('bad'), { ...DESKTOP, scheme: 'light' });
  const { page } = shown;
  const story = page.locator('.story[open]').first();
  const said = story.locator('.slider output');
  const last = await said.textContent();
  assert.match(last ?? '', 'must not');
  await story.locator('input[type=range]').focus();
  await page.keyboard.press('ArrowLeft');
  assert.is.not(await said.textContent(), last);
  await page.keyboard.press('End');
  assert.is(await said.textContent(), last);
  const caption = story.locator('.words caption');
  await story.locator('[role=application]').first().focus();
  await page.keyboard.press('Home');
  assert.match((await caption.textContent()) ?? '', /^page 0:/);
  await page.keyboard.press('ArrowRight');
  assert.match((await caption.textContent()) ?? '', /^page 1:/);
  await page.keyboard.press('ArrowDown');
  assert.match((await caption.textContent()) ?? '', /^page (17|33|65):/);
  assert.is(await story.locator('svg.grid[role=img]').count(), 2);
});

test('the strip of steps leads to each of them, and the page is close up', async () => {
  await using shown = await open(browser, await file('bad'), { ...DESKTOP, scheme: 'light' });
  const story = shown.page.locator('.story[open]').first();
  const steps = story.locator('.film button');
  assert.is(await steps.count(), await story.locator('.steps li').count());
  assert.is(await steps.last().getAttribute('aria-pressed'), 'true');
  assert.match((await steps.last().textContent()) ?? '', '✗ 1 page');
  assert.match((await story.locator('.near .cell.wrong').first().textContent()) ?? '', 'read as head');
  await steps.first().focus();
  await shown.page.keyboard.press('Enter');
  assert.is(await steps.first().getAttribute('aria-pressed'), 'true');
  assert.match((await story.locator('.slider output').textContent()) ?? '', /^step 1:/);
  assert.is(await story.locator('.near .cell.wrong').count(), 0);
  await story.locator('.near .cell').nth(3).click();
  assert.match((await story.locator('.words caption').textContent()) ?? '', /^page 3:/);
});

test('the trend of a third version has the two before it, run as they are', async () => {
  await using shown = await open(browser, await file('v3'), { ...DESKTOP, scheme: 'light' });
  const rows = shown.page.locator('#trend tbody tr');
  assert.is(await rows.count(), 3);
  const told = await rows.allTextContents();
  assert.match(told[1] ?? '', /fixed/);
  assert.match(told.at(-1) ?? '', /good/);
});

test('a tap shows the words of a page', async () => {
  await using shown = await open(browser, await file('bad'), { ...PHONE, scheme: 'light' });
  const story = shown.page.locator('.story[open]').first();
  const grid = story.locator('svg.grid[role=img]').first();
  const box = await grid.boundingBox();
  assert.ok(box);
  await grid.click({ position: { x: (box.width * 2.5) / 32, y: 3 } });
  assert.match((await story.locator('.words caption').textContent()) ?? '', /^page 2:/);
});

test('without a script all but filter and slider is there', async () => {
  await using shown = await open(browser, await file('bad'), { ...DESKTOP, scheme: 'light', script: false });
  const { page } = shown;
  assert.match((await page.locator('header').textContent()) ?? '', /patch 2.*introduces.*failures/s);
  assert.ok(await page.locator('.story[open] svg.grid').first().isVisible());
  assert.ok(await page.locator('.story[open] table.words').first().isVisible());
  assert.ok((await page.locator('#matrix tbody tr:visible').count()) > 700);
  await page.locator('#matrix td.v-fail a').nth(2).click();
  const id = new URL(page.url()).hash;
  assert.ok(await page.locator(`${id} .steps`).isVisible(), 'the story of the cell is open');
});

test('it prints', async () => {
  await using shown = await open(browser, await file('bad'), { ...DESKTOP, scheme: 'light' });
  const { page } = shown;
  await page.emulateMedia({ media: 'print' });
  assert.not.ok(await page.locator('nav').isVisible());
  assert.ok(await page.locator('header').isVisible());
  const pdf = await page.pdf({ format: 'A4', path: path.join(FOLDER, 'pictures', 'bad.pdf') });
  assert.ok(pdf.length > 10_000);
});

async function focused(page: Page): Promise<string> {
  return page.evaluate('document.activeElement?.id ?? ""');
}

test.run();
