import { Registry } from './registry.ts'

const registry = new Registry()
let last = 0

export async function round(): Promise<void> {
  for (let index = 0; index < 40; index++) registry.join(`room-${index % 4}`, { id: ++last, name: `member ${last}` })
}
