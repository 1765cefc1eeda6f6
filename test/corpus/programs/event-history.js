// Event sourcing in memory: an array of all that has ever happened.
//
// verdict: leak
// holder: events
class Account {
  constructor(owner) {
    this.owner = owner
    this.balance = 0
    this.events = [] // ← holds
  }

  apply(event) {
    this.balance += event.amount
    this.events.push(Object.freeze(event))
  }
}

const accounts = { bank: new Account('bank') }

export async function round() {
  for (let index = 0; index < 100; index++) accounts.bank.apply({ type: 'deposit', amount: index, at: Date.now() })
}
