/**
 * The peer's side of target `stateful`: connects, sends numbered messages, and leaves in some way, or stays until it is ended.
 * Owned by one case, which calls `destroy()`. It checks that the numbers of what it hears have no gap.
 */

import { clientMessage } from '../support/wire.ts'
import type { Random } from './random.ts'
import { RawPeer, upgradeRequest } from './raw-peer.ts'

export interface PlayedPeer {
  /** Resolves when the peer has done all it wanted, or was ended. */
  readonly played: Promise<void>
  /** What it heard and should not have, or ''. */
  readonly wrong: string
  destroy(): void
}

export function playPeer(port: number, index: number, random: Random): PlayedPeer {
  const peer = new RawPeer(port)
  const state = { wrong: '', expected: 0, silent: false, over: false }
  let wake: () => void = () => {}
  peer.onEnd = () => {
    state.over = true
    wake()
  }
  peer.onAnswer = () => wake()
  peer.onFrame = ({ opcode, payload }) => {
    if (opcode === 8 && !state.silent) peer.write(Buffer.from([0x88, 0x80, 0, 0, 0, 0]))
    if (opcode === 9 && !state.silent) peer.frame(10, payload)
    const text = payload.toString('latin1')
    if (opcode !== 1 || text.startsWith('room')) return
    const number = Number(text.split(' ')[0])
    if (number !== state.expected) state.wrong = `the peer heard message ${number}, wanted ${state.expected}`
    state.expected = number + 1
  }
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
      if (state.over) wake()
    })
  return {
    played: play(peer, index, random, state, pause),
    get wrong() {
      return state.wrong
    },
    destroy: () => {
      peer.destroy()
      state.over = true
      wake()
    },
  }
}

async function play(
  peer: RawPeer,
  index: number,
  random: Random,
  state: { silent: boolean; over: boolean },
  pause: (ms: number) => Promise<void>,
): Promise<void> {
  peer.write(upgradeRequest(`/wild/${index}`))
  // Some do not wait for the answer, some leave before it.
  if (random.chance(0.1)) return leave(peer, random)
  if (random.chance(0.8)) while (peer.status === 0 && !state.over) await pause(1000)
  const count = random.int(0, 20)
  for (let number = 0; number < count && !state.over; number += 1) {
    if (random.chance(0.03)) peer.socket.pause()
    const payload = Buffer.from(`${number} ${'y'.repeat(random.pick([0, 5, 200, 20_000]))}`)
    const sizes = random.chance(0.2) ? [random.int(0, payload.length)] : []
    peer.write(clientMessage(1, payload, sizes))
    if (random.chance(0.1)) peer.frame(9, 'ping')
    if (random.chance(0.3)) await pause(random.int(0, 10))
    if (random.chance(0.04)) return leave(peer, random)
  }
  if (random.chance(0.6)) return leave(peer, random)
  state.silent = random.chance(0.3)
  if (!state.silent) peer.socket.resume()
  for (let waited = 0; waited < 150 && !state.over; waited += 50) await pause(50)
  leave(peer, random)
}

function leave(peer: RawPeer, random: Random): void {
  switch (random.int(0, 5)) {
    case 0:
      peer.close(1000, 'bye')
      break
    case 1:
      peer.fin()
      break
    case 2:
      peer.reset()
      break
    case 3:
      // A frame that is not masked: the server has to end it.
      peer.write(Buffer.from([0x81, 0x01, 0x61]))
      break
    case 4:
      // Half a message.
      peer.write(Buffer.from([0x81, 0xfe, 0x10]))
      break
    default:
      peer.destroy()
  }
}
