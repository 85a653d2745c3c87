import { CodedError } from '../errors.js'

/** While a login was under way, the person or the provider's session was logged out. */
export class SignInOvertakenError extends CodedError<'ERR_LOGIN_OVERTAKEN'> {
  constructor() {
    super('ERR_LOGIN_OVERTAKEN', 'a logout overtook this login')
  }
}
