// TypeScript for old targets: a private field becomes a `WeakMap` with the object as its key, `async` a generator.
//
// verdict: leak
// holder: #answers | _Desk_answers
interface Answer {
  readonly question: string
  readonly lines: string[]
}

class Desk {
  #answers = new Map<string, Answer>() // ← holds
  #asked = 0

  async ask(question: string): Promise<Answer> {
    const answer = { question, lines: [`about ${question}`] }
    await Promise.resolve()
    this.#answers.set(`${question} ${++this.#asked}`, answer)
    return answer
  }
}

const desk = new Desk()

export async function round(): Promise<void> {
  for (let index = 0; index < 40; index++) await desk.ask('how long')
}
