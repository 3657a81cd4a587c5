import * as assert from 'uvu/assert';
import {
  FRESH,
  HEAD_FATES,
  NEW_ROLES,
  OLD_ROLES,
  ORDER_CLASSES,
  TRANSITIONS,
  newRole,
  oldPiece,
  oldRole,
  orderClass,
  pieceRole,
  transition,
  transitionParts,
  transitionText,
} from '../../../../orchestrator/model/explore/page-role.js';
import { suite } from '../../../harness/suite.js';

const test = suite('model/explore/page-role');

test('order classes: 3 to 8 leave the same fields on the same pages', () => {
  const classes = Array.from({ length: 10 }, (_, order) => orderClass(order));
  assert.equal(classes, ['0', '1', '2', ...Array<string>(6).fill('3..8'), '9']);
  assert.equal([...new Set(classes)], [...ORDER_CLASSES]);
});

/** The role of page `index` of a folio, told by what there is room for. */
function told(order: number, index: number): string {
  if (order === 0) return 'order0';
  const position = index === 0 ? 'head' : index === 1 ? 'tail1' : index === 2 ? 'tail2' : 'tail';
  return `${position}/${order === 9 ? '9' : order > 2 ? '3..8' : order}`;
}

test('roles of pages of folios at their natural place', () => {
  for (let order = 0; order <= 9; order += 1)
    for (const page of [0, 1, 2, 3, 4, 5, 6, 7, 255, 256, 257, 258, 510, 511]) {
      const role = told(order, page % 2 ** order);
      assert.is(NEW_ROLES[newRole(page, order)], role);
      assert.is(OLD_ROLES[oldRole(page, order)], role);
      if (!role.startsWith('tail')) continue;
      assert.is(OLD_ROLES[oldRole(page, order, 1)], `${role} (head re-made)`);
      assert.is(OLD_ROLES[oldRole(page, order, 2)], `${role} (head alive)`);
    }
});

test('every role is one that some page has; only orders 1 to 9 have tails, only those above 1 second ones', () => {
  const made = new Set<string>();
  for (let order = 0; order <= 9; order += 1)
    for (let page = 0; page < 512; page += 1) made.add(told(order, page % 2 ** order));
  const pieces = ['piece head', 'piece tail1', 'piece tail2', 'piece tail'];
  assert.equal([...NEW_ROLES].sort(), [...made, ...pieces].sort());
  const fates = [...made].flatMap((role) =>
    role.startsWith('tail') ? ['', ' (head re-made)', ' (head alive)'].map((fate) => role + fate) : [role],
  );
  assert.equal([...OLD_ROLES].sort(), ['fresh', ...fates, ...pieces].sort());
  assert.equal([...HEAD_FATES], ['', 'head re-made', 'head alive']);
  assert.is(OLD_ROLES[FRESH], 'fresh');
});

test('pieces of a split are known by their place in the order-9 folio', () => {
  const names = [0, 1, 2, 3, 511, 512, 513].map((page) => NEW_ROLES[pieceRole(page)]);
  const wanted = ['head', 'tail1', 'tail2', 'tail', 'tail', 'head', 'tail1'].map((one) => `piece ${one}`);
  assert.equal(names, wanted);
  assert.equal(
    [0, 1, 2, 3, 511, 512, 513].map((page) => OLD_ROLES[oldPiece(page)]),
    wanted,
  );
});

test('a transition has a number of its own, and its text', () => {
  const seen = new Set<number>();
  for (const [from, old] of OLD_ROLES.entries())
    for (const [to, role] of NEW_ROLES.entries()) {
      const number = transition(from, to);
      seen.add(number);
      assert.equal(transitionParts(number), { from: old, to: role });
      assert.is(transitionText(number), `${old}→${role}`);
    }
  assert.is(seen.size, TRANSITIONS);
  assert.is(Math.max(...seen), TRANSITIONS - 1);
});

test.run();
