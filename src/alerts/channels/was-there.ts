import { ChannelError } from '../channel-error.ts'

/** Whether what a request changes was there: 404 says that it was not. @throws what else the request throws */
export const wasThere = (request: Promise<unknown>): Promise<boolean> =>
  request.then(
    () => true,
    (error) => {
      if (error instanceof ChannelError && error.status === 404) return false
      throw error
    },
  )
