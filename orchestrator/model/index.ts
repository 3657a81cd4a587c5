export { LayoutError, PAGE_BYTES, parseLayout } from './layout.js';
export type { Layout } from './layout.js';
export { layout73, layout73Json } from './layout73.js';
export type { Place } from './kernel.js';
export type { Callback, Effects, How, Operation } from './operation.js';
export { Machine } from './machine.js';
export type { MachineOperation, MachineOptions, Origin } from './machine.js';
export {
  LIKELY_VARIANTS,
  VARIANTS,
  VARIANT_A,
  VARIANT_B,
  VARIANT_D1,
  VARIANT_D2,
  VARIANT_E1,
  VARIANT_E2,
  VARIANT_NOMEMCG,
  VARIANT_P4,
  VARIANT_R,
  VARIANT_W,
  VARIANT_Z,
} from './variants.js';
export type { Variant } from './variant.js';
export type { End, Splat } from './traps.js';
export { ROLES, RoleMap, roleIn } from './roles.js';
export type { Folio, FolioEvent, Role } from './roles.js';
export { bitName, fieldName, spansOf } from './fields.js';
export { compareMemory } from './compare.js';
export type { FieldDiff, PageDiff } from './compare.js';
export { RULES, comparedShare } from './normalise.js';
export { classifyByStep } from './classify.js';
export type { Classification, ObservedStep, UnfitPage, VariantFit } from './classify.js';
export { checkContract } from './contract.js';
export type { ContractContext, OriginOf } from './contract.js';
export { failureKey } from './deviation.js';
export type { Deviation, DeviationKind } from './deviation.js';
export { firingIn, firingInWords, firings, symptomOf } from './symptoms.js';
export type { ConditionalFiring, Firing, Symptom } from './symptoms.js';
export { SYMPTOMS } from './symptoms/table.js';
export { explain } from './explain.js';
export { Player } from './play.js';
export type { PlayedOperation } from './play.js';
export { changesOf, valueInWords } from './describe.js';
export type { FieldChange, PageChange } from './describe.js';
export { Pristine } from './pristine.js';
export { Oracle } from './oracle.js';
export type { Fit, Observation, Verdict } from './oracle.js';
export { MAIN_PROCESS } from './mapping/operation.js';
export type {
  MigrateAnswer,
  MigrateEntry,
  ScanEntry,
  SplitDriver,
  UserEffects,
  UserOperation,
} from './mapping/operation.js';
export type { FolioCounts, MappedPage, PageKind, UserState } from './mapping/state.js';
export { Stats } from './stats.js';
export { UserMemory } from './mapping/user.js';
