import { Type } from 'typebox'
import { text } from './schema-parts.js'
import { vendorNames } from './vendors/names.js'

/** Which provider it is, and how it calls itself. */
export const issuerFields = {
  issuer: text(
    'The issuer, exactly as the provider writes it in its metadata. `{tenantid}` in it stands for the `tid` of a token, which must be one of tenants.',
  ),
  vendor: Type.Optional(
    Type.Enum([...vendorNames, 'none'], {
      description:
        'Whose defaults to take for what is not set, see [providers](providers/README.md). Recognised from the issuer when absent; `none` takes nobody’s.',
    }),
  ),
  discoveryUrl: Type.Optional(
    text(
      'Where the metadata is, if not at the issuer; they must name the issuer all the same. What they name may be at the host of this address.',
    ),
  ),
  issuerSlash: Type.Enum(['exact', 'either'], {
    default: 'exact',
    description:
      'Whether the issuer may have a slash at its end that is missing here, or the other way round. Tokens must name it as the metadata do.',
  }),
  tenants: Type.Array(
    Type.String({
      pattern: '^[A-Za-z0-9._-]+$',
      title: 'the id of a tenant',
      examples: ['11111111-2222-4333-8444-555555555555'],
    }),
    {
      default: [],
      description: 'The tenants whose people may sign in, with `{tenantid}` in the issuer.',
    },
  ),
}
