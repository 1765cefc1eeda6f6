// Who takes part: one row per peer, and how each becomes a command to run. `node: true` means once per Node of `--nodes`.
// A peer that cannot be had comes back as a reason, never as silence.
import { join } from 'node:path'
import { buildGin, fromNpm, nodeOf, requireHoldfast } from './install.js'
import { BENCH, lineOf } from './machine.js'
import { SUBJECT } from './questions.js'

const script = (name) => join(BENCH, 'peers', `${name}.js`)

export const PEERS = {
  holdfast: { node: true, title: 'Holdfast', check: requireHoldfast },
  ws: { node: true, title: 'ws' },
  tcp: { node: true, title: 'bare TCP in Node' },
  bun: {
    node: false,
    title: 'Bun',
    command: () => [fromNpm({ name: 'bun', program: 'bin/bun.exe', script: 'install.js' }), script('bun')],
  },
  gin: { node: false, title: 'Gin + gorilla', command: () => [buildGin()] },
}

/**
 * Everybody who takes part, in the order of their turns: Holdfast first, then the peers as they were named.
 * @returns participants that can run, and `absent`: who cannot, each with the reason
 * @throws {Error} when a name means no peer
 */
export function gather(names, majors) {
  for (const name of names) {
    if (!(name in PEERS)) throw new Error(`--peers knows no "${name}"; it knows ${Object.keys(PEERS).join(', ')}`)
  }
  const participants = []
  const absent = []
  const nodes = new Map()
  const attempt = (peer, node, act) => {
    try {
      act()
    } catch (error) {
      absent.push({ peer, node, reason: error.message })
    }
  }
  for (const major of majors) {
    attempt(`Node ${major}`, null, () => {
      const path = nodeOf(major)
      nodes.set(major, { path, version: lineOf(path, ['--version']) })
    })
  }
  for (const peer of new Set([SUBJECT, ...names])) {
    const { node, title, command, check } = PEERS[peer]
    attempt(peer, null, () => {
      check?.()
      if (!node) participants.push({ peer, title, node: null, nodeVersion: null, command: command() })
    })
    if (!node || absent.some((one) => one.peer === peer)) continue
    for (const [major, { path, version }] of nodes) {
      participants.push({ peer, title, node: major, nodeVersion: version, command: [path, script(peer)] })
    }
  }
  return { participants, absent }
}
