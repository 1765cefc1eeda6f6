// Sends every raw handle it is sent back to where it came from: what arrives there has a descriptor of its own.
process.on('message', (number, handle) => {
  process.send(number, handle, () => handle?.close())
})
process.on('disconnect', () => process.exit(0))
