import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n';
import { useHub } from './context';
import { Icon } from './Icon';

export function Chat() {
  const hub = useHub();
  const [text, setText] = useState('');
  const list = useRef<HTMLUListElement>(null);
  const lines = hub.state.chat.value;
  useEffect(() => {
    list.current?.scrollTo?.({ top: list.current.scrollHeight });
  }, [lines.length]);

  function send(event: Event) {
    event.preventDefault();
    const said = text.trim();
    if (!said) return;
    void hub.say(said).then((ok) => ok && setText(''));
  }

  return (
    <section class="chat card" aria-label={t('chat.title')}>
      <h3>{t('chat.title')}</h3>
      <ul ref={list} data-testid="chat-list">
        {lines.length === 0 && <li class="muted">{t('chat.empty')}</li>}
        {lines.map((line) => (
          <li key={line.id} data-testid="chat-line">
            <span class="avatar tiny">{line.user.avatar}</span>
            <span>
              <b>{line.user.nickname}</b> {line.text}
            </span>
          </li>
        ))}
      </ul>
      <form onSubmit={send}>
        <input
          data-testid="chat-input"
          aria-label={t('chat.placeholder')}
          placeholder={t('chat.placeholder')}
          value={text}
          maxLength={120}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button class="primary" data-testid="chat-send" aria-label={t('chat.send')}>
          <Icon name="send" />
        </button>
      </form>
    </section>
  );
}
