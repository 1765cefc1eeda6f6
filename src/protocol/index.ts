/** The door `holdfast/protocol`: RFC 6455 and RFC 7692 as pure code over bytes, usable on its own. */
export { adviceOf, CLOSE_CODES, type CloseCode, isCloseCodeOnWire } from './close-codes.ts'
export { closeReasonFits, readClosePayload } from './close-payload.ts'
export { type DeflateOptions, type DeflateParams, Deflater, deflateShared, Inflater } from './deflate.ts'
export { negotiateDeflate } from './deflate-params.ts'
export { type Ending, networkEnding, peerEnding, serverEnding } from './ending.ts'
export { type ExtensionOffer, parseExtensions } from './extension-header.ts'
export { FrameReader } from './frame-reader.ts'
export { encodeClose, encodeFrame, frameHeaderBytes, writeFrameHeader } from './frame-writer.ts'
export {
  acceptKey,
  checkHandshake,
  type HandshakeFault,
  type HandshakeOffer,
  refusalHead,
  responseHead,
} from './handshake.ts'
export { checkOrigin } from './origin.ts'
export type { MessageInflater, ReaderLimits, ReaderSink } from './reader-sink.ts'
export type { Violation } from './violation.ts'
