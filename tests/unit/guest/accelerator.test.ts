import * as assert from 'uvu/assert';
import {
  acceleratorState,
  chooseAccelerator,
  judgeKvm,
  type AcceleratorWish,
  type ChooseOptions,
  type FirstLineProbe,
} from '../../../orchestrator/guest/accelerator.js';
import { kvmDevice, type KvmDevice } from '../../../orchestrator/guest/host.js';
import { loadMachine } from '../../../orchestrator/guest/machine.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('guest/accelerator');

const opens: KvmDevice = { state: 'opens', why: '/dev/kvm opens' };
const machine = { ...loadMachine(), qemu: { ...loadMachine().qemu, binary: 'true' } };

/** A probe with a fixed answer for each accelerator that counts how often it boots. */
function probe(answers: Partial<Record<'kvm' | 'tcg', number>>): { run: FirstLineProbe; boots: string[] } {
  const boots: string[] = [];
  const run: FirstLineProbe = async (accel) => {
    boots.push(accel);
    const ms = answers[accel];
    return ms === undefined ? { silent: `nothing within 5 s under ${accel}` } : { ms };
  };
  return { run, boots };
}

function options(wish: AcceleratorWish, run: FirstLineProbe, device = opens): ChooseOptions {
  return { wish, machine, vmlinux: '/none', isFatalLine: () => false, probe: run, device };
}

test.before.each(() => {
  process.env['CI_CACHE_DIR'] = scratchDir('accel');
});

test('KVM that boots is taken, after one boot', async () => {
  const { run, boots } = probe({ kvm: 200 });
  const choice = await chooseAccelerator(options('auto', run));
  assert.is(choice.name, 'kvm');
  assert.equal(boots, ['kvm']);
});

test('KVM that opens and never prints gives TCG, with the reason, and is not tried again', async () => {
  const { run, boots } = probe({ tcg: 300 });
  const first = await chooseAccelerator(options('auto', run));
  assert.is(first.name, 'tcg');
  assert.match(first.why, /nothing within 5 s under kvm.*300 ms/);
  const second = await chooseAccelerator(options('auto', run));
  assert.is(second.name, 'tcg');
  assert.is(second.probeMs, 0);
  assert.match(second.why, /nothing within 5 s under kvm/);
  assert.equal(boots, ['kvm', 'tcg']);
});

test('a kernel that prints nowhere proves nothing, and nothing is remembered', async () => {
  assert.is(await judgeKvm(probe({}).run), undefined);
  const silent = probe({});
  const choice = await chooseAccelerator(options('auto', silent.run));
  assert.is(choice.name, 'tcg');
  assert.match(choice.why, /not proved/);
  const good = await chooseAccelerator(options('auto', probe({ kvm: 100 }).run));
  assert.is(good.name, 'kvm');
});

test('without the device, or permission, TCG is taken without a boot', async () => {
  const { run, boots } = probe({ kvm: 100 });
  const device: KvmDevice = { state: 'no-permission', why: 'no permission to open /dev/kvm' };
  const choice = await chooseAccelerator(options('auto', run, device));
  assert.equal(
    { name: choice.name, why: choice.why },
    { name: 'tcg', why: 'no permission to open /dev/kvm' },
  );
  assert.equal(boots, []);
});

test('--accel kvm where it does not work is an error of the host, with a way out', async () => {
  const error: unknown = await chooseAccelerator(options('kvm', probe({ tcg: 300 }).run)).catch(
    (reason: unknown) => reason,
  );
  if (!(error instanceof CiError)) throw new Error('no CiError');
  assert.is(error.fault, 'infra');
  assert.match(error.message, /--accel kvm: KVM does not run Linux here/);
  assert.match(error.details.remedy ?? '', /tcg/);
});

test('--accel tcg asks nobody', async () => {
  const { run, boots } = probe({ kvm: 100 });
  assert.is((await chooseAccelerator(options('tcg', run))).name, 'tcg');
  assert.equal(boots, []);
});

test('a missing QEMU is named with its package, whatever was asked for', async () => {
  const gone = { ...machine, qemu: { ...machine.qemu, binary: 'qemu-of-another-world' } };
  const error: unknown = await chooseAccelerator({ ...options('tcg', probe({}).run), machine: gone }).catch(
    (e: unknown) => e,
  );
  if (!(error instanceof CiError)) throw new Error('no CiError');
  assert.is(error.fault, 'infra');
  assert.match(error.message, /qemu-of-another-world/);
  assert.match(error.details.remedy ?? '', /qemu-system-x86/);
});

test('the state is unproved until a kernel was booted', async () => {
  const before = await acceleratorState(machine, opens);
  assert.is(before.proved, false);
  assert.match(before.why, /not proved yet/);
  await chooseAccelerator(options('auto', probe({ tcg: 300 }).run));
  const after = await acceleratorState(machine, opens);
  assert.ok(after.proved && after.name === 'tcg');
});

test('a device that is not there, and a file that is none', async () => {
  const absent = await kvmDevice('/dev/no-such-kvm');
  assert.is(absent.state, 'absent');
  assert.match(absent.why, /there is no/);
  assert.is((await kvmDevice('/dev/null')).state, 'opens');
});

test.run();
