/**
 * The call tree of a V8 profile as stacks. Made for one profile, and ends with it.
 */
import type { CallFrame, CodePlace } from './frames.ts'
import type { Frame } from './plain-profile.ts'

export interface TreeNode {
  readonly id: number
  readonly callFrame: CallFrame
  /** -1: it hangs on the root, which is no frame. */
  readonly parent: number
}

export class CallTree {
  readonly #nodes: readonly TreeNode[]
  readonly #indexOf: ReadonlyMap<number, number>

  /** @param nodes all but the root; `parent` is the id of another, or of none of them */
  constructor(nodes: readonly TreeNode[]) {
    this.#nodes = nodes
    this.#indexOf = new Map(nodes.map(({ id }, index) => [id, index]))
  }

  /** The functions of all nodes, to make frames of. */
  places(): CodePlace[] {
    return this.#nodes.map(({ callFrame }) => ({ callFrame, line: null }))
  }

  /**
   * The stack that ends in a node, the leaf first.
   *
   * @param frames those of `places()`
   */
  stackOf(id: number, frames: readonly Frame[]): Frame[] {
    const stack: Frame[] = []
    let index = this.#indexOf.get(id)
    while (index !== undefined && stack.length < this.#nodes.length) {
      stack.push(frames[index] as Frame)
      index = this.#indexOf.get((this.#nodes[index] as TreeNode).parent)
    }
    return stack
  }
}
