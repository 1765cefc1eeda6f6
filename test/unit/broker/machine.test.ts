/** The broker between the workers of a machine: the contract of all brokers, over Unix sockets. */
import { systemClock } from '../../../src/base/clock.ts'
import { LinkBroker } from '../../../src/broker/link-broker.ts'
import { brokerContract } from '../../support/broker-contract.ts'
import { until } from '../../support/deadline.ts'
import { makeMeshes } from '../../support/meshes.ts'

brokerContract('machine', async (t, count) => {
  const names = Array.from({ length: count }, (_, index) => `w${index}`)
  const { meshes, eventsOf } = await makeMeshes(t, names)
  const brokers = meshes.map((links) => new LinkBroker({ links, clock: systemClock, events: eventsOf }))
  await until('all are linked', () => meshes.every((mesh) => [...mesh.all()].length === count - 1))
  return brokers
})
