/** A command of `holdfast` as a process of its own, run to its end. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { within } from './deadline.ts'
import { MAIN, PATIENCE_MS, ROOT } from './supervised.ts'

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly errors: string
}

export async function holdfast(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  deadlineMs: number = PATIENCE_MS,
): Promise<Ran> {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: ROOT, env: { ...process.env, ...env } })
  let out = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk
  })
  try {
    const [code] = await within(`holdfast ${args.join(' ')}`, once(child, 'close'), deadlineMs)
    return { code, out, errors }
  } finally {
    child.kill('SIGKILL')
  }
}
