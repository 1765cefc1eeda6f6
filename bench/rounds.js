// Asks every question of every participant, in turn: A B C, A B C, as often as there are runs, so that a machine that slows
// down for a minute slows everybody. Each run has a server process of its own. A run that fails is kept as its error.
import { ask } from './load.js'
import { fileLimits } from './machine.js'
import { IDLE_CONNECTIONS } from './questions.js'
import { chooseCores, FILES_WANTED, withPeer } from './run-peer.js'
import { median, spread } from './stats.js'

/** What a run takes beside the seconds it measures: start and end. Only for the estimate shown at the start. */
const OVERHEAD_SECONDS = 0.6
const IDLE_SECONDS = 5.5

/** Minutes the whole will take, about. */
export function minutesFor(questions, participants, runs, seconds) {
  const perTurn = questions.map((question) => {
    const count = participants.filter((one) => !question.without.includes(one.peer)).length
    return count * (question.group === 'idle' ? IDLE_SECONDS : seconds + question.warmupSeconds + OVERHEAD_SECONDS)
  })
  return (perTurn.reduce((sum, one) => sum + one, 0) * runs) / 60
}

/** Why a question cannot be asked on this machine, or null. */
function obstacleTo(question) {
  const { hard } = fileLimits()
  if (question.group === 'idle' && hard < IDLE_CONNECTIONS + 200) {
    return `needs ${IDLE_CONNECTIONS + 200} open files, the limit is ${hard} (ulimit -Hn ${FILES_WANTED})`
  }
  return null
}

async function oneRun(tool, question, participant, { cores, seconds, signal }) {
  try {
    return await withPeer(participant.command, cores.server, signal, async ({ port, pid, version }) => {
      participant.version ??= version
      const answer = await ask(tool, question, { port, pid, core: cores.load, seconds, signal })
      const value = question.read(answer)
      const share = answer.serverCpuShare
      return { value, perCpuSecond: share > 0 ? value / share : null, answer }
    })
  } catch (error) {
    signal.throwIfAborted()
    return { error: error.message }
  }
}

function summed(participant, runs) {
  const good = runs.filter((run) => run.error === undefined)
  const values = good.map((run) => run.value)
  return {
    peer: participant.peer,
    node: participant.node,
    title: participant.title,
    median: median(values),
    spread: spread(values),
    perCpuSecond: median(good.map((run) => run.perCpuSecond).filter((value) => value !== null)),
    runs,
  }
}

/**
 * The whole tournament. `onRun` is told of each run as it ends.
 * @returns one result per question: its participants with median, spread and every single run
 */
export async function playRounds(tool, questions, participants, { runs, seconds, signal, onRun }) {
  const cores = chooseCores()
  const results = []
  for (const question of questions) {
    const { id, title, unit, better } = question
    const obstacle = obstacleTo(question)
    const able = obstacle === null ? participants.filter((one) => !question.without.includes(one.peer)) : []
    const kept = new Map(able.map((one) => [one, []]))
    for (let run = 1; run <= runs; run++) {
      for (const participant of able) {
        const outcome = { run, ...(await oneRun(tool, question, participant, { cores, seconds, signal })) }
        kept.get(participant).push(outcome)
        onRun?.(question, participant, outcome)
      }
    }
    results.push({
      question: id,
      title,
      unit,
      better,
      obstacle,
      participants: [...kept].map(([one, all]) => summed(one, all)),
    })
  }
  return { cores, results }
}
