#!/usr/bin/env node
/**
 * The command `holdfast`: finds the command that is asked for, runs it, and ends with its exit code. The only folder that
 * prints is this one.
 */
import { createInterface } from 'node:readline'
import { systemClock } from '../base/clock.ts'
import { HoldfastError, messageOf, stackOf } from '../base/errors.ts'
import { versionOf } from '../ops/package-version.ts'
import { AskError } from './ask-admin.ts'
import type { ExitCode, Screen, Terminal } from './command.ts'
import { COMMANDS } from './commands.ts'
import { helpOf, UsageError } from './flags.ts'
import { nearest } from './nearest.ts'
import { TerminalScreen } from './terminal-screen.ts'

/** Whoever read is not there any more. */
const GONE = ['EPIPE', 'EIO']
const unread = new AbortController()
for (const stream of [process.stdout, process.stderr]) {
  // Whoever has read has read enough (`| head`), the terminal is gone, or the disk is full. There may be an inspector to close, or connections to
  // serve: what runs is told, and ends as it does otherwise.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (unread.signal.aborted) return
    unread.abort(error)
    if (GONE.includes(error.code ?? '')) return
    if (stream === process.stdout) terminal.note(`holdfast: standard output: ${error.message}`)
    process.on('exit', () => {
      process.exitCode = 2
    })
  })
}

const terminal: Terminal = {
  out: (line) => void process.stdout.write(`${line}\n`),
  note: (line) => void process.stderr.write(`${line}\n`),
  draw: process.stderr.isTTY ? (line) => void process.stderr.write(`\r\x1b[2K${line}`) : null,
  ask: process.stdin.isTTY && process.stderr.isTTY ? ask : null,
  screen: process.stdin.isTTY && process.stdout.isTTY ? openScreen : null,
  env: process.env,
  onSignal: (signal, listener) => void process.on(signal, listener),
  onUnread: (listener) => unread.signal.addEventListener('abort', listener, { once: true }),
}

function openScreen(screenOnKey: (key: string) => void, screenOnResize: () => void): Screen {
  return new TerminalScreen(process.stdin, process.stdout, screenOnKey, screenOnResize)
}

function ask(question: string, signal: AbortSignal): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  const close = (): void => lines.close()
  signal.addEventListener('abort', close, { once: true })
  return new Promise<boolean>((resolve) => {
    let isAnswered = false
    lines.question(question, (answer) => {
      isAnswered = true
      resolve(/^y(es)?$/i.test(answer.trim()))
      lines.close()
    })
    // Also by Ctrl-C, which is a key here, and by Ctrl-D.
    lines.once('close', () => {
      signal.removeEventListener('abort', close)
      if (!isAnswered) process.stderr.write('\n')
      resolve(false)
    })
  })
}

function help(): string {
  const lines = Object.entries(COMMANDS).map(
    ([name, { usage, about }]) => `  ${`${name} ${usage}`.padEnd(30)} ${about}`,
  )
  return `holdfast: WebSocket servers that deploy without disconnects\n\n${lines.join('\n')}\n\nholdfast COMMAND --help tells more; holdfast --version says which this is.`
}

function meant(name: string): string {
  const command = nearest(name, Object.keys(COMMANDS))
  return command === null ? '' : `; did you mean ${command}?`
}

async function main(args: readonly string[]): Promise<ExitCode> {
  const [name = '', ...rest] = args
  if (name === '--version') {
    terminal.out(versionOf())
    return 0
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) {
    const asked = name === '--help' || name === '-h' || name === 'help'
    if (asked) terminal.out(help())
    else terminal.note(name === '' ? help() : `holdfast: no command "${name}"${meant(name)}\n\n${help()}`)
    return asked ? 0 : 2
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    const more = command.more === undefined ? '' : `\n\n${command.more.join('\n')}`
    terminal.out(`holdfast ${name} ${command.usage}\n\n${command.about}\n\n${helpOf(command.flags)}${more}`)
    return 0
  }
  try {
    const code = await command.run(rest, terminal)
    if (command.unreadMs !== undefined) systemClock.after(command.unreadMs, () => process.exit())
    return code
  } catch (thrown) {
    const isExpected = [HoldfastError, UsageError, AskError].some((kind) => thrown instanceof kind)
    terminal.note(`holdfast ${name}: ${isExpected ? messageOf(thrown) : stackOf(thrown) || messageOf(thrown)}`)
    return 2
  }
}

process.exitCode = await main(process.argv.slice(2))
