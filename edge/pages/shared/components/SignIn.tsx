import { useState } from 'preact/hooks';
import { language, t } from '../i18n';
import { Brand } from './Brand';
import { Choice } from './Choice';
import { useHub } from './context';
import { Field } from './Field';
import { LanguageSwitch } from './LanguageSwitch';

type Way = 'signup' | 'login' | 'guest';

/** Sign up, log in or look in as a guest; `boxToken` comes from a booth's QR code. */
export function SignIn({ boxToken }: { boxToken?: string }) {
  const hub = useHub();
  const [way, setWay] = useState<Way>(boxToken ? 'guest' : 'login');
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [nickname, setNickname] = useState('');

  function submit(event: Event) {
    event.preventDefault();
    if (way === 'login') void hub.logIn(username, password);
    else if (way === 'guest') void hub.guest(nickname.trim(), language.value, boxToken);
    else
      void hub.signUp(username, password, {
        nickname: nickname.trim() || username,
        language: language.value,
      });
  }

  return (
    <main class="sign">
      <div class="sign-top">
        <Brand />
        <LanguageSwitch />
      </div>
      <div class="sign-hero" aria-hidden="true">
        {[0, 1, 2, 3, 4, 5, 6, 7, 8].map((bar) => (
          <i key={bar} style={{ animationDelay: `${bar * -0.23}s` }} />
        ))}
      </div>
      <form class="card" onSubmit={submit}>
        <h1>{t('app.tagline')}</h1>
        <Choice
          label={t('sign.welcome')}
          value={way}
          testid="sign"
          onChange={setWay}
          options={[
            { value: 'login', text: t('sign.in') },
            { value: 'signup', text: t('sign.up') },
            { value: 'guest', text: t('sign.guest') },
          ]}
        />
        {boxToken && way === 'guest' && <p class="note">{t('sign.booth')}</p>}
        {way !== 'guest' && (
          <>
            <Field label={t('sign.username')} hint={way === 'signup' ? t('sign.username.hint') : undefined}>
              <input
                data-testid={`${way}-username`}
                value={username}
                onInput={(event) => setUsername(event.currentTarget.value)}
                autocomplete="username"
                autocapitalize="none"
                required
                minLength={3}
                maxLength={32}
                pattern="[A-Za-z0-9_.\-]+"
              />
            </Field>
            <Field label={t('sign.password')} hint={way === 'signup' ? t('sign.password.hint') : undefined}>
              <input
                data-testid={`${way}-password`}
                type="password"
                value={password}
                onInput={(event) => setPassword(event.currentTarget.value)}
                autocomplete={way === 'login' ? 'current-password' : 'new-password'}
                required
                minLength={way === 'signup' ? 8 : 1}
                maxLength={128}
              />
            </Field>
          </>
        )}
        {way !== 'login' && (
          <Field label={t('sign.nickname')}>
            <input
              data-testid={`${way}-nickname`}
              value={nickname}
              onInput={(event) => setNickname(event.currentTarget.value)}
              autocomplete="nickname"
              maxLength={40}
            />
          </Field>
        )}
        <button class="primary wide" data-testid={`${way}-submit`} disabled={hub.isBusy.value}>
          {t(way === 'login' ? 'sign.in' : way === 'signup' ? 'sign.up' : 'sign.guest')}
        </button>
      </form>
    </main>
  );
}
