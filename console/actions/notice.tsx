/** What came of something that was done. Read out when it changes; stays until it is put away. */
interface NoticeProps {
  readonly text: string | null
  noticeOnDismiss(): void
}

export function Notice({ text, noticeOnDismiss }: NoticeProps) {
  return (
    <div class={text === null ? 'notice none' : 'notice'}>
      <p role="status" data-notice>
        {text}
      </p>
      {text !== null && (
        <button type="button" aria-label="Put the notice away" onClick={noticeOnDismiss}>
          ×
        </button>
      )}
    </div>
  )
}
