/** A step of a path as a snapshot shows it. Plain data, of one snapshot. */
import type { StepKind } from './cause.ts'

/** A step before anybody has looked where it stands in the code. */
export interface RawStep {
  readonly kind: StepKind
  name: string | null
  /** Where it leads. */
  node: number
  /** What holds it: the object of a property, the context of a variable, the closure of a class. -1: nothing of the kind. */
  readonly owner: number
  /** Of a timer: the function it calls; of one that waits: itself. -1: none. */
  fn: number
  /** Of a local: the register. */
  readonly index: number
  /** It begins a chain, of which only this step is told: a list, a tree. */
  isChain?: boolean
}
