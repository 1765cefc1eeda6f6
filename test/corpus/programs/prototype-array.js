// An array on the prototype, where each instance was meant to have its own: all share it.
//
// verdict: leak
// holder: tags
function Document(title) {
  this.title = title
}

Document.prototype.tags = [] // ← holds

Document.prototype.tag = function (name) {
  this.tags.push({ name, by: this.title })
}

export async function round() {
  for (let index = 0; index < 100; index++) {
    const document = new Document(`page ${index}`)
    document.tag('draft')
  }
}
