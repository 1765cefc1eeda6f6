// A variable of a CommonJS module: subscribers come, nobody goes.
//
// verdict: leak
// holder: subscribers
'use strict'

const subscribers = [] // ← holds
let topics = 0

function subscribe(topic, callback) {
  subscribers.push({ topic, callback })
}

function publish(topic, value) {
  for (const subscriber of subscribers) if (subscriber.topic === topic) subscriber.callback(value)
}

exports.round = async () => {
  for (let index = 0; index < 50; index++) {
    const topic = `topic ${++topics}`
    const client = { topic, received: [] }
    subscribe(topic, (value) => client.received.push(value))
    publish(topic, index)
  }
}
