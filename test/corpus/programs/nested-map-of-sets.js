// A few topics, each with a set of its subscribers, in which those stay who have left.
//
// verdict: leak
// holder: #subscribersOf
const TOPICS = ['news', 'sport', 'weather', 'traffic']

class Broker {
  #subscribersOf = new Map(TOPICS.map((topic) => [topic, new Set()])) // ← holds

  subscribe(topic, subscriber) {
    this.#subscribersOf.get(topic).add(subscriber)
  }
}

const broker = new Broker()

export async function round() {
  for (let id = 0; id < 100; id++) broker.subscribe(TOPICS[id % TOPICS.length], { id, inbox: [] })
}
