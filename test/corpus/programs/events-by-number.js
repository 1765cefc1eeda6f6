// `once` for a reply with a number in the name of its event. Half of the replies never come, and nobody takes those
// listeners off. No warning: each event has only one.
//
// verdict: leak
// holder: replies
// event: reply
import { EventEmitter } from 'node:events'

const replies = new EventEmitter() // ← holds
let numbers = 0

function ask(question, isAnswered) {
  const number = ++numbers
  const call = { question, number, answer: null }
  replies.once(`reply ${number}`, (answer) => {
    call.answer = answer
  })
  if (isAnswered) replies.emit(`reply ${number}`, 'yes')
  return call
}

export async function round() {
  for (let index = 0; index < 100; index++) ask(`question ${index}`, index % 2 === 0)
}
