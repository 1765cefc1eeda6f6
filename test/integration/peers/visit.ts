/**
 * What every real peer does and what both ends must then have seen. A peer's client reports a Visit; expectVisit judges it.
 * Pure but for the processes of runClient, which end with it.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { PeerServer } from './peer-server.ts'

const CLIENT_DEADLINE_MS = 30_000

export interface Visit {
  /** The extensions the peer and the server agreed on, as the peer reports them. */
  readonly extensions: string
  /** By name of the message: did exactly what was sent come back? */
  readonly echoes: Readonly<Record<string, boolean>>
  /** What the peer saw when it closed with 4001 itself. */
  readonly peerEnds: { readonly code: number }
  /** What the peer saw when the server closed. */
  readonly serverEnds: { readonly code: number; readonly reason: string }
}

export const WHOLE = ['text', 'emptyText', 'binary', 'emptyBinary', 'mebibyteBinary', 'mebibyteText', 'inOrder']
export const FRAGMENTED = ['fragmentedText', 'fragmentedBinary', 'fragmentedMebibyte']

/** Runs a client in a process of its own; it prints its Visit as JSON. */
export async function runClient(program: string, args: readonly string[]): Promise<Visit> {
  const { stdout } = await promisify(execFile)(program, args, { timeout: CLIENT_DEADLINE_MS })
  return JSON.parse(stdout) as Visit
}

/** Both ends saw the same. The names are the echoes this peer is able to ask for. */
export async function expectVisit(
  visit: Visit,
  server: PeerServer,
  { names, deflate }: { names: readonly string[]; deflate: boolean },
): Promise<void> {
  assert.deepEqual(visit.echoes, Object.fromEntries(names.map((name) => [name, true])))
  assert.equal(/permessage-deflate/.test(visit.extensions), deflate, `extensions: "${visit.extensions}"`)
  assert.equal(visit.peerEnds.code, 4001)
  assert.deepEqual(await server.ending('peer is done'), {
    code: 4001,
    reason: 'peer is done',
    by: 'peer',
    clean: true,
  })
  assert.deepEqual(visit.serverEnds, { code: 4002, reason: 'server is done' })
  assert.deepEqual(await server.ending('server is done'), {
    code: 4002,
    reason: 'server is done',
    by: 'server',
    clean: true,
  })
  assert.equal(server.openCount(), 0)
}
