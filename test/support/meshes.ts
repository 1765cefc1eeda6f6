/** Meshes over real Unix sockets, in one process, in a folder that goes with the test. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { Events } from '../../src/base/events.ts'
import type { BrokerEvents } from '../../src/broker/broker-events.ts'
import { Mesh, type MeshInit } from '../../src/broker/mesh.ts'

const EVENTS = ['linked', 'unlinked', 'linkRefused', 'missed'] as const

export type SeenEvent = readonly [name: keyof BrokerEvents, payload: BrokerEvents[keyof BrokerEvents]]

export interface Meshes {
  readonly meshes: readonly Mesh[]
  readonly paths: readonly string[]
  /** All that they have announced. */
  readonly events: SeenEvent[]
  readonly eventsOf: Events<BrokerEvents>
}

/** Each listens and has met all others. */
export async function makeMeshes(
  t: TestContext,
  names: readonly string[],
  init: Partial<MeshInit> = {},
): Promise<Meshes> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-mesh-'))
  const events: SeenEvent[] = []
  const eventsOf = new Events<BrokerEvents>((_, thrown) => {
    throw thrown
  })
  for (const name of EVENTS) eventsOf.on(name, (payload) => events.push([name, payload]))
  const paths = names.map((name) => join(folder, `${name}.sock`))
  const meshes = names.map((name, index) => new Mesh({ name, path: paths[index]!, events: eventsOf, ...init }))
  t.after(async () => {
    await Promise.all(meshes.map((mesh) => mesh.end()))
    rmSync(folder, { recursive: true, force: true })
  })
  for (const mesh of meshes) await mesh.listen()
  for (const mesh of meshes) for (const [index, name] of names.entries()) mesh.meet(name, paths[index]!)
  return { meshes, paths, events, eventsOf }
}
