import * as assert from 'uvu/assert';
import {
  debianMirror,
  ownSuites,
  parseDeb822,
  parseOneLine,
  renderSources,
} from '../../../orchestrator/kernel/apt-sources.js';
import { aptConfig, downloadFraction } from '../../../orchestrator/kernel/apt-state.js';
import { suite } from '../../harness/suite.js';

const test = suite('kernel/apt-sources');

const DEB822 = `Types: deb deb-src
# a comment in the middle
URIs: http://mirror.example/debian
Suites: bookworm
 bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: sid
Components: main

Types: deb-src
URIs: http://src.example/debian
Suites: sid
Components: main
`;
const VENDOR = `# deb http://old.example/debian bookworm main
deb [arch=amd64 signed-by=/x.gpg] https://vendor.example/apt cloud-bookworm main # theirs
deb https://node.example/ nodistro main
`;

test('reads deb822 stanzas: several suites, continuation lines, disabled and source-only ones left out', () => {
  const entries = parseDeb822(DEB822);
  assert.equal(
    entries.map((entry) => `${entry.uri} ${entry.suite}`),
    [
      'http://mirror.example/debian bookworm',
      'http://mirror.example/debian bookworm-updates',
      'http://mirror.example/debian-security bookworm-security',
    ],
  );
  assert.equal(entries[0]?.components, ['main', 'contrib']);
});

test('reads one-line entries with options and comments', () => {
  assert.equal(
    parseOneLine(VENDOR).map((entry) => entry.suite),
    ['cloud-bookworm', 'nodistro'],
  );
});

test('the mirror is the one of the release; other vendors never are', () => {
  const entries = [...parseOneLine(VENDOR), ...parseDeb822(DEB822)];
  assert.is(debianMirror(entries, 'bookworm'), 'http://mirror.example/debian');
  assert.is(debianMirror(parseOneLine(VENDOR), 'bookworm'), undefined);
  assert.is(debianMirror(parseOneLine('deb http://ubuntu.example/ubuntu noble main'), 'noble'), undefined);
  assert.equal(
    ownSuites(entries, 'bookworm').map((entry) => entry.suite),
    ['bookworm', 'bookworm-updates', 'bookworm-security'],
  );
});

test('every private source is checked against the keyring', () => {
  const text = renderSources([{ uri: 'http://m/debian', suite: 'sid', components: ['main'] }], '/k.gpg');
  assert.is(text, 'deb [signed-by=/k.gpg] http://m/debian sid main\n');
});

test('the private configuration keeps the way to the network, not hooks or pins', () => {
  const dump = [
    'Acquire::http::Proxy "http://proxy.example:3128";',
    'Acquire::IndexTargets::deb::Packages::MetaKey "x";',
    'APT::Update::Post-Invoke:: "rm -f /var/cache/apt/archives/*.deb";',
    'Dir::Etc::preferencesparts "preferences.d";',
  ].join('\n');
  const text = aptConfig(dump, '/c/apt');
  assert.match(text, /Acquire::http::Proxy "http:\/\/proxy\.example:3128";/);
  assert.not.match(text, /Post-Invoke|IndexTargets|"preferences\.d"/);
  assert.match(text, /Dir::State::lists "\/c\/apt\/lists";/);
});

test('download progress', () => {
  assert.is(downloadFraction('dlstatus:1:37.5:Retrieving file 1 of 1 (5s remaining)'), 0.375);
  assert.is(downloadFraction('Get:1 http://x'), undefined);
});

test.run();
