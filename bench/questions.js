// The questions the benchmark asks: each is one call of the load generator and one number of its answer.
// Pure data and two small functions; bars.js says what must be reached, load.js does the asking.

/** Who the questions are about; everybody else is a peer. */
export const SUBJECT = 'holdfast'
/** Open connections for the memory question: the wave the project's promises speak of. */
export const IDLE_CONNECTIONS = 15_000
/** How long the idle connections are held before the memory is read, in seconds. */
export const IDLE_HOLD_SECONDS = 2.5

const KIB = 1024

function sizeOf(payloadBytes) {
  return payloadBytes >= KIB && payloadBytes % KIB === 0 ? `${payloadBytes / KIB} KiB` : `${payloadBytes} B`
}

function echo(payloadBytes, depth) {
  return {
    id: `echo-${payloadBytes}x${depth}`,
    group: 'echo',
    title: `echo ${sizeOf(payloadBytes)}, ${depth} in flight`,
    unit: 'msg/s',
    better: 'higher',
    path: '/echo',
    warmupSeconds: 0.5,
    args: ['echo', '--payload', String(payloadBytes), '--depth', String(depth)],
    read: (answer) => answer.messagesPerSecond,
    without: [],
  }
}

function fan(publishers) {
  return {
    id: `fan-1000x${publishers}`,
    group: 'fan',
    title: `fan-out, 1,000 members, ${publishers} publishing`,
    unit: 'deliveries/s',
    better: 'higher',
    path: '/fan',
    warmupSeconds: 0.5,
    args: ['fan', '--connections', '1000', '--publishers', String(publishers)],
    read: (answer) => answer.messagesPerSecond,
    without: ['tcp'], // it knows no rooms
  }
}

export const QUESTIONS = [
  echo(64, 1),
  echo(64, 16),
  echo(128, 16),
  echo(1 * KIB, 16),
  echo(4 * KIB, 1),
  echo(64 * KIB, 1),
  {
    id: 'churn',
    group: 'churn',
    title: 'upgrade and close',
    unit: 'upgrades/s',
    better: 'higher',
    path: '/echo',
    warmupSeconds: 1.5, // an upgrade runs through far more code: Node compiles for a second before it is at its pace
    args: ['churn'],
    read: (answer) => answer.upgradesPerSecond,
    without: [],
  },
  {
    id: 'idle',
    group: 'idle',
    title: `memory per idle connection, ${IDLE_CONNECTIONS.toLocaleString('en')} open`,
    unit: 'bytes',
    better: 'lower',
    path: '/echo',
    warmupSeconds: 0,
    args: ['idle', '--connections', String(IDLE_CONNECTIONS), '--hold', String(IDLE_HOLD_SECONDS)],
    read: (answer) => answer.rssPerConnectionBytes,
    without: [],
  },
  fan(1),
  fan(32),
]

/** The groups of questions, in the order they are asked. */
export const GROUPS = [...new Set(QUESTIONS.map((question) => question.group))]

/**
 * The questions meant by the words given to `--only`: names of groups (`echo`) or of single questions (`echo-64x16`).
 * @throws {Error} when a word means none
 */
export function questionsFor(words) {
  for (const word of words) {
    if (!QUESTIONS.some((question) => question.group === word || question.id === word)) {
      throw new Error(
        `--only knows no question "${word}"; it knows ${GROUPS.join(', ')} and ${QUESTIONS.map((q) => q.id).join(', ')}`,
      )
    }
  }
  return QUESTIONS.filter((question) => words.includes(question.group) || words.includes(question.id))
}
