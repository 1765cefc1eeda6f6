/**
 * Where hub and broker meet: what is published here goes to the other workers, what they publish is delivered here, and they
 * are told what is wanted here. Functions between the two; it ends with them.
 */
import { type Broker, isPastMark, type Marks } from '../broker/broker.ts'
import { SharedMessage } from '../connection/shared-message.ts'
import type { Hub } from '../hub/hub.ts'

/** Ties them for good: a hub has one broker at most. */
export function tieBroker(hub: Hub, broker: Broker): void {
  hub.connect({
    name: broker.name,
    publish: (topic, { opcode, payload }) => broker.publish(topic, opcode, payload),
    topicCame: (topic) => broker.topicCame(topic),
    marks: (topics) => broker.marks(topics),
    isPast: (marks, origin) => isPastMark(marks as Marks, origin),
    topicWent: (topic) => broker.topicWent(topic),
  })
  broker.onMessage(({ from, topic, number, opcode, payload }) => {
    // Framed once for all members here.
    hub.arrived({ from, topic, number }, SharedMessage.received(opcode, payload))
  })
}
