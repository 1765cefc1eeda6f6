/**
 * A service of node:cluster: its connections are in its workers, not in the process that has started them; and the signal that opens an inspector
 * makes that process open those of all its workers as well. Functions over /proc; nothing to end.
 */
import { childrenOf, withArguments } from './listening.ts'
import { isNode, type ProcessFacts, processFacts } from './process-facts.ts'

const SHOWN_MAX = 4

/** Those of that process; none, when it is no primary of a cluster. */
export function clusterWorkers(pid: number, root = '/proc'): ProcessFacts[] {
  return childrenOf(pid, root)
    .flatMap((child) => processFacts(child, root) ?? [])
    .filter((facts) => facts.isClusterWorker && isNode(facts))
}

/** One line when its memory is not, or not all, of what the connections of a cluster take; otherwise null. */
export function clusterNote(pid: number, root = '/proc'): string | null {
  const workers = clusterWorkers(pid, root)
  if (workers.length > 0) {
    return `process ${pid} is the primary of a cluster, whose connections are in its workers; did you mean ${shown(workers)}?`
  }
  const facts = processFacts(pid, root)
  const all = facts?.isClusterWorker === true ? clusterWorkers(facts.parent, root).length : 0
  if (all < 2) return null
  return `process ${pid} is one of ${all} workers of a cluster (process ${facts?.parent}): it only has its share of the connections, so each leaves up to ${all} times as much as is said`
}

/** `12 (node main.js) or 13 (node main.js)`. */
export function shown(workers: readonly ProcessFacts[]): string {
  const more = workers.length > SHOWN_MAX ? [`${workers.length - SHOWN_MAX} more`] : []
  return [...workers.slice(0, SHOWN_MAX).map(withArguments), ...more].join(' or ')
}
