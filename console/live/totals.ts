/** What all processes say together. Pure. */
import type { Look, ProcessLook, ServerLook } from '../../src/ops/live/wire.ts'

export type Counts = Readonly<Record<string, number>>

export interface Named<Value> {
  /** Null where there is only one. */
  readonly slot: number | null
  readonly value: Value
}

export function processesOf(look: Look): Named<ProcessLook>[] {
  return look.processes.flatMap(({ slot, look: value }) => (value === null ? [] : [{ slot, value }]))
}

export function serversOf(look: Look): Named<ServerLook>[] {
  return processesOf(look).flatMap(({ slot, value }) => (value.server === null ? [] : [{ slot, value: value.server }]))
}

/** The workers that can be asked; none where there is only one process. During a reload two may be in a slot. */
export function slotsOf(look: Look): number[] {
  return [...new Set(serversOf(look).flatMap(({ slot }) => slot ?? []))].sort((a, b) => a - b)
}

/** Of the same name added up; the most first. */
export function addCounts(all: readonly Counts[]): [string, number][] {
  const sums = new Map<string, number>()
  for (const counts of all)
    for (const [name, value] of Object.entries(counts)) sums.set(name, (sums.get(name) ?? 0) + value)
  return [...sums].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
}

/** What only grows: those of workers that have gone are kept by the supervisor. */
export function counterOf(look: Look, name: 'upgrades' | 'adopted' | 'openHooks' | 'closeHooks' | 'messagesDiscarded') {
  return look.supervisor?.totals[name] ?? serversOf(look).reduce((sum, { value }) => sum + value.ledger[name], 0)
}
