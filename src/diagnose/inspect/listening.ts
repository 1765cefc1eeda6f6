/**
 * Who listens on a port, as far as /proc shows it: that process, one of its children, somebody else. Functions; nothing to end.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import {
  isNode,
  listeningPorts,
  listeningSockets,
  type ProcessFacts,
  processFacts,
  seesFiles,
  socketsOf,
} from './process-facts.ts'

/** Children of children, as npm starts a shell that starts the program. */
const DEPTH_MAX = 5
/** Of a command line. */
const SHOWN_MAX = 80

/** Those of all processes that listen on that port and can be seen, the one that began first in front. */
export function listenersOn(port: number, root = '/proc'): ProcessFacts[] {
  const sockets = listeningSockets(port, root)
  if (sockets.size === 0) return []
  return namesIn(root)
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b)
    .filter((pid) => socketsOf(pid, root).some((inode) => sockets.has(inode)))
    .flatMap((pid) => processFacts(pid, root) ?? [])
}

/** One line when it is not that process that listens on a port of this machine; otherwise null. */
export function listensNot(pid: number, port: number, root = '/proc'): string | null {
  if ([...listeningPorts(pid, root).values()].includes(port)) return null
  if (!seesFiles(pid, root)) return `whether process ${pid} listens on port ${port} cannot be seen`
  const [other] = listenersOn(port, root)
  const who = other === undefined ? 'nobody that can be seen' : named(other)
  return `process ${pid} does not listen on port ${port}: ${who} does`
}

/** Of a process that does not listen: the Node process below it that does; null when there is none. */
export function listeningChild(pid: number, root = '/proc'): ProcessFacts | null {
  if (listeningPorts(pid, root).size > 0) return null
  let level = [pid]
  for (let depth = 0; depth < DEPTH_MAX; depth++) {
    level = level.flatMap((parent) => childrenOf(parent, root))
    for (const child of level) {
      const facts = processFacts(child, root)
      if (facts !== null && isNode(facts) && listeningPorts(child, root).size > 0) return facts
    }
  }
  return null
}

/** `process 12 (node)`. */
export function named({ pid, program, args }: ProcessFacts): string {
  return `process ${pid} (${basename(program) || args[0] || 'it cannot be seen what'})`
}

/** `12 (node dist/main.js)`: as pgrep -a shows it, the program by its name only. */
export function withArguments({ pid, program, args }: ProcessFacts): string {
  return `${pid} (${[basename(program), ...args.slice(1)].join(' ').slice(0, SHOWN_MAX)})`
}

/** Where the kernel does not tell, none. */
export function childrenOf(pid: number, root: string): number[] {
  return namesIn(`${root}/${pid}/task`).flatMap((thread) => {
    try {
      return readFileSync(`${root}/${pid}/task/${thread}/children`, 'latin1').split(' ').filter(Boolean).map(Number)
    } catch {
      return []
    }
  })
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
