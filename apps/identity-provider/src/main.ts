import 'reflect-metadata';
import { runApp, runMain } from '#libs/telemetry';
import { readAccounts } from './accounts/accounts.js';
import { readConfig } from './config.js';
import { IdentityProviderModule } from './identity-provider.module.js';

await runMain(() => {
  const { app, issuer, accountsFile } = readConfig(process.env);
  const module = IdentityProviderModule.forRoot({
    issuer,
    accounts: readAccounts(accountsFile),
    logLevel: app.logLevel,
  });
  return runApp({ name: 'identity-provider', module, ...app });
});
