// Methods are bound to their object, to be called at the end of the day. Each keeps its object.
//
// verdict: leak
// holder: endOfDay
const endOfDay = [] // ← holds

class Shift {
  constructor(worker) {
    this.worker = worker
    this.tasks = ['open', 'sell', 'close']
    endOfDay.push(this.report.bind(this, 'daily'))
  }

  report(kind) {
    return `${kind}: ${this.worker} ${this.tasks.length}`
  }
}

export async function round() {
  for (let worker = 0; worker < 50; worker++) new Shift(worker).report('test')
}

export const stop = () => endOfDay.map((report) => report())
