/**
 * What is said of the old worker after a reload, while many clients talk and must not notice: of an app that keeps its connections
 * the variable that does, of one that keeps nothing that nothing is left, each time.
 */
import { exactly, type Verdict } from '../verdict.ts'
import type { Fleet } from './fleet.ts'
import { drillReload, type ReloadOptions } from './reload.ts'
import { judge, type RoundsOptions } from './reloads.ts'

export interface AutopsyOptions {
  readonly rounds: RoundsOptions
  readonly clients: ReloadOptions
  /** The variable of app.js that keeps connections; null: nothing is kept. */
  readonly keeps: string | null
}

interface Autopsied {
  readonly verdict: string
  readonly sentence: string
}

/** @param path the route of the app; a reload waits until the autopsy of the one before has been told */
export async function drillAutopsy(fleet: Fleet, path: string, options: AutopsyOptions): Promise<Verdict> {
  const told: Autopsied[] = []
  const act = async () => {
    const rounds = []
    for (let done = 0; done < options.rounds.rounds; done++) {
      rounds.push(await fleet.reload())
      told.push((await fleet.run.event('autopsy', done)) as never as Autopsied)
    }
    return judge(rounds, options.rounds)
  }
  const clients = await drillReload(options.clients, { url: `${fleet.url}${path}`, act })
  const { keeps } = options
  const wanted = keeps === null ? ['clean', true] : ['leak', true]
  return {
    drill: `reload: autopsy of ${keeps === null ? 'what keeps nothing' : `what ${keeps} keeps`}`,
    checks: [
      exactly(
        'said of each old worker, and is it right',
        told.map(({ verdict, sentence }) => [verdict, isRight(sentence, keeps)]),
        Array.from({ length: options.rounds.rounds }, () => wanted),
      ),
      ...clients.checks,
    ],
    numbers: { ...clients.numbers, sentences: [...new Set(told.map(({ sentence }) => sentence))] },
  }
}

/** The line is where the variable is declared in app.js. */
function isRight(sentence: string, keeps: string | null): boolean {
  return keeps === null
    ? sentence === 'nothing left'
    : new RegExp(`"${keeps}" \\(.*app\\.js:\\d+\\) keeps [\\d,]+ Connection alive$`).test(sentence)
}
