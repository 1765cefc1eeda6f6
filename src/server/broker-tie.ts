/**
 * Where hub and broker meet: what is published here goes to the other workers, what they publish is delivered here, and they
 * are told what is wanted here. Functions between the two; it ends with them.
 */

import { HoldfastError } from '../base/errors.ts'
import { type Broker, isPastMark, type Marks } from '../broker/broker.ts'
import { SharedMessage } from '../connection/shared-message.ts'
import type { Hub } from '../hub/hub.ts'

/** How long the others may take to answer before they are asked again. */
const ANSWER_MS = 5_000

/** Ties them for good: a hub has one broker at most. */
export function tieBroker(hub: Hub, broker: Broker): void {
  hub.connect({
    name: broker.name,
    publish: (topic, { opcode, payload }) => broker.publish(topic, opcode, payload),
    topicCame: (topic) => broker.topicCame(topic),
    topicWent: (topic) => broker.topicWent(topic),
    marks: (topics) => broker.marks(topics),
    isPast: (marks, origin) => isPastMark(marks as Marks, origin),
    caughtUp: () => caughtUp(broker),
  })
  broker.onMessage(({ from, topic, number, opcode, payload }) => {
    // Framed once for all members here.
    hub.arrived({ from, topic, number }, SharedMessage.received(opcode, payload))
  })
}

async function caughtUp(broker: Broker): Promise<boolean> {
  try {
    await broker.sync(ANSWER_MS)
    return true
  } catch (thrown) {
    // From a broker that has ended nothing comes any more.
    return !(thrown instanceof HoldfastError && thrown.code === 'HF_SYNC_OVERDUE')
  }
}
