/**
 * A process of a drill: a server or peers, asked over IPC, every answer with a deadline. It can be stopped and continued as a
 * whole (SIGSTOP, SIGCONT). Owned by the drill that made it; ends with `end()`, at the latest when the drill's own process
 * ends, however it does, and a child that runs ends when its parent is gone.
 */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { within } from '../support/deadline.ts'
import { programOf } from '../support/program.ts'
import { whenOver } from './over.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const ANSWER_DEADLINE_MS = 60_000

interface Answer {
  readonly id: number
  readonly answer?: unknown
  readonly failed?: string
}

interface Waiting {
  resolve(answer: unknown): void
  reject(error: Error): void
}

export interface ChildOptions {
  /** The file beside this one that it runs. */
  readonly file:
    | 'drill-server.ts'
    | 'drill-peers.ts'
    | 'drain-server.ts'
    | 'drain-clients.ts'
    | 'reload/reload-clients.ts'
    | 'reload/reload-server.ts'
    | 'reload/backlog-clients.ts'
    | 'reload/newcomers.ts'
  /** Goes to it as JSON. */
  readonly config: object
  /** A program, with its arguments, that starts it: `ip netns exec …`. */
  readonly through?: readonly string[]
  /** The Node that runs it; default: our own. */
  readonly node?: string
}

export class Child {
  readonly #name: string
  readonly #process: ChildProcess
  // Removed by: the answer, or the end of the child.
  readonly #waiting = new Map<number, Waiting>()
  readonly #forget: () => void
  #asked = 0
  #gone: string | null = null

  private constructor(name: string, process: ChildProcess) {
    this.#name = name
    this.#process = process
    this.#forget = whenOver(() => process.kill('SIGKILL'))
    process.on('message', (said: Answer) => {
      const waiting = this.#waiting.get(said.id)
      this.#waiting.delete(said.id)
      if (said.failed === undefined) waiting?.resolve(said.answer)
      else waiting?.reject(new Error(`${name}: ${said.failed}`))
    })
    process.on('error', (error) => this.#end(error.message))
    process.on('exit', (code, signal) => this.#end(`ended with ${signal ?? code}`))
  }

  /** Starts one and waits until it answers. */
  static async start({ file, config, through = [], node = process.execPath }: ChildOptions): Promise<Child> {
    const path = programOf(fileURLToPath(new URL(file, import.meta.url)))
    const [program = '', ...rest] = [...through, node, path, JSON.stringify(config)]
    const stdio: StdioOptions = ['ignore', 'inherit', 'inherit', 'ipc']
    const child = new Child(file.replace('.ts', ''), spawn(program, rest, { cwd: ROOT, stdio }))
    try {
      await child.ask('ready')
    } catch (thrown) {
      await child.end()
      throw thrown
    }
    return child
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  /** What it answers. @throws when it fails, ends, or does not answer in time */
  async ask<Value>(question: string, details: object = {}, deadlineMs = ANSWER_DEADLINE_MS): Promise<Value> {
    if (this.#gone !== null) throw new Error(`${this.#name} ${this.#gone}`)
    this.#asked += 1
    const id = this.#asked
    const answered = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
    this.#process.send({ id, question, ...details })
    return (await within(`${this.#name} to answer "${question}"`, answered, deadlineMs)) as Value
  }

  /** Nothing of it runs until `resume()`; its sockets stay, and the kernel goes on to acknowledge what comes. */
  stop(): void {
    this.#process.kill('SIGSTOP')
  }

  resume(): void {
    this.#process.kill('SIGCONT')
  }

  async end(): Promise<void> {
    this.#forget()
    if (this.#gone !== null) return
    const gone = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await gone
  }

  #end(how: string): void {
    this.#gone = how
    this.#forget()
    for (const { reject } of this.#waiting.values()) reject(new Error(`${this.#name} ${how}`))
    this.#waiting.clear()
  }
}

/** In the child: answers the questions of its parent, and ends with it. */
export function answer(answers: Readonly<Record<string, (details: never) => unknown>>): void {
  process.on('disconnect', () => process.exit(0))
  process.on('message', (asked: { id: number; question: string }) => {
    const say = (said: Omit<Answer, 'id'>) => process.send?.({ id: asked.id, ...said })
    const found = answers[asked.question]
    if (found === undefined) {
      say({ failed: `no answer to "${asked.question}"` })
      return
    }
    Promise.resolve(asked as never)
      .then(found)
      .then(
        (answer) => say({ answer: answer ?? null }),
        (thrown: unknown) => say({ failed: thrown instanceof Error ? thrown.message : String(thrown) }),
      )
  })
}
