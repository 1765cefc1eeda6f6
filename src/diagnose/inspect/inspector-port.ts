/**
 * Where a Node process would open its inspector: 127.0.0.1:9229, unless its arguments or NODE_OPTIONS say otherwise. Pure.
 * (A program can also change `process.debugPort` while it runs, which nobody else can see.)
 */

export interface InspectorAddress {
  readonly host: string
  /** 0: a free one. */
  readonly port: number
}

const USUAL: InspectorAddress = { host: '127.0.0.1', port: 9229 }
const NAMES = ['--inspect-port', '--debug-port', '--inspect', '--inspect-brk', '--inspect-wait']
/** Options of Node whose value may stand behind them as an argument of its own. */
const WITH_VALUE = new Set([
  ...['--inspect-port', '--debug-port', '-r', '--require', '--import', '--loader', '--experimental-loader', '-C'],
  ...['--conditions', '-e', '--eval', '-p', '--print', '--title', '--env-file', '--input-type', '--stack-trace-limit'],
])

/** @param args of the command line, the program first */
export function inspectorAddress(args: readonly string[], nodeOptions: string): InspectorAddress {
  let address = USUAL
  // Those of the command line come after those of the environment, and win.
  for (const [name, value] of [...optionsOf(nodeOptions.split(/\s+/)), ...optionsOf(args.slice(1))]) {
    if (NAMES.includes(name) && value !== '') address = addressOf(value, address)
  }
  return address
}

/** Up to the script, behind which nothing is for Node. */
function optionsOf(args: readonly string[]): (readonly [name: string, value: string])[] {
  const found: (readonly [string, string])[] = []
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] as string
    if (arg === '') continue
    if (!arg.startsWith('-') || arg === '--') break
    const equals = arg.indexOf('=')
    if (equals > 0) found.push([arg.slice(0, equals), arg.slice(equals + 1)])
    else if (WITH_VALUE.has(arg)) {
      found.push([arg, args[at + 1] ?? ''])
      at++
    }
  }
  return found
}

function addressOf(value: string, before: InspectorAddress): InspectorAddress {
  if (/^\d+$/.test(value)) return { ...before, port: Number(value) }
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(value) ?? []
  const host = bracketed ?? plain
  return host === undefined ? before : { host, port: port === undefined ? before.port : Number(port) }
}
