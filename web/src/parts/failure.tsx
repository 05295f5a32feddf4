import type { ApiError } from '../api/request.ts'

/** Says why something could not be read, and offers to try again. */
export function Failure({ error, retry }: { error: ApiError; retry?: () => void }) {
  return (
    <div class="notice notice-bad" role="alert">
      <p>
        <strong>
          {error.status === 0 ? 'No answer.' : error.status === 403 ? 'Not allowed.' : 'That did not work.'}
        </strong>{' '}
        {error.message}
      </p>
      {retry && error.status !== 403 && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  )
}
