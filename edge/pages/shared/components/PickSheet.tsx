import { useEffect, useRef, useState } from 'preact/hooks';
import { freshKey } from '../api';
import { named, t } from '../i18n';
import { toast } from '../toasts';
import { elementName, resultSign, targetOf } from '../words';
import type { Element, NewTask, Option, PickAnswered, Result } from '../wire';
import { useHub } from './context';
import { Sheet } from './Sheet';

interface Props {
  answer: PickAnswered;
  onClose: () => void;
}

type Offered = { targets: Option[]; results: Option[] };

/** The picked element, what it shall do, and what is given when it has. */
export function PickSheet({ answer, onClose }: Props) {
  const hub = useHub();
  const key = useRef(freshKey());
  const [element, setElement] = useState<Element>(answer.answer.element ?? answer.answer.candidates[0]!);
  const [offered, setOffered] = useState<Offered>({ targets: answer.targets, results: answer.results });
  const [target, setTarget] = useState<Option | null>(null);
  const [parameter, setParameter] = useState('');
  const [result, setResult] = useState<Option | null>(null);
  const [words, setWords] = useState('');
  const scene = hub.state.room.value?.attributes.scene ?? 'party';
  const others = [answer.answer.element, ...answer.answer.candidates].filter(
    (one): one is Element => one !== undefined && !isSame(one, element),
  );

  useEffect(() => {
    if (element.kind === answer.answer.element?.kind && answer.targets.length) {
      setOffered({ targets: answer.targets, results: answer.results });
      return;
    }
    hub.options(element.kind, scene).then(setOffered, () => undefined);
  }, [element.kind]);

  const short = (result?.points ?? 0) - hub.points.value;
  const needsWords = result?.parameter === 'text';
  const isWhole =
    target !== null &&
    result !== null &&
    short <= 0 &&
    (target.parameter === 'none' || parameter.trim() !== '') &&
    (!needsWords || words.trim() !== '');

  function understood(text: string) {
    const [id, value] = text.replace(')', '').split('(');
    const option = offered.targets.find((one) => one.id === id);
    if (!option) return;
    setTarget(option);
    setParameter(value ?? '');
  }

  function send() {
    if (!target || !result) return;
    const task: NewTask = {
      pick: answer.pick,
      target: targetOf(target, parameter),
      result: resultOf(result, words),
      element: {
        kind: element.kind,
        bbox: element.bbox,
        ...(element.label === undefined ? {} : { label: element.label }),
        ...(element.track === undefined ? {} : { track: element.track }),
      },
    };
    void hub.createTask(task, key.current).then((ok) => (ok ? onClose() : (key.current = freshKey())));
  }

  return (
    <Sheet title={t('pick.title')} onClose={onClose} testid="pick-sheet">
      <p class="picked" data-testid="pick-element" data-element={element.id}>
        {elementName(element)}
        <small>{Math.round(element.confidence * 100)}%</small>
      </p>
      {others.length > 0 && (
        <div class="candidates">
          <span class="muted">{t('pick.instead')}</span>
          {others.map((one) => (
            <button
              key={`${one.id}-${one.track}`}
              type="button"
              data-testid="pick-candidate"
              data-element={one.id}
              onClick={() => {
                setElement(one);
                setTarget(null);
              }}
            >
              {elementName(one)}
            </button>
          ))}
        </div>
      )}
      <h3>{t('pick.target')}</h3>
      <FreeWords kind={element.kind} scene={scene} onUnderstood={understood} />
      <div class="options">
        {offered.targets.map((option) => (
          <button
            key={option.id}
            type="button"
            class="option"
            aria-pressed={target?.id === option.id}
            data-testid={`target-${option.id}`}
            onClick={() => {
              setTarget(option);
              setParameter('');
            }}
          >
            <span>{sign(option, '🎯')}</span>
            {named(option)}
          </button>
        ))}
      </div>
      {target && target.parameter !== 'none' && (
        <label class="field">
          <span class="label">{t(`pick.parameter.${target.parameter}`)}</span>
          <input
            data-testid="target-parameter"
            value={parameter}
            maxLength={40}
            inputMode={isNumber(target.parameter) ? 'numeric' : 'text'}
            onInput={(event) => setParameter(event.currentTarget.value.replace(/[()]/g, ''))}
          />
        </label>
      )}
      <h3>{t('pick.result')}</h3>
      <div class="options gifts">
        {offered.results.map((option) => (
          <button
            key={option.id}
            type="button"
            class="option"
            aria-pressed={result?.id === option.id}
            data-testid={`result-${option.id}`}
            onClick={() => setResult(option)}
          >
            <span>{sign(option, resultSign(option.result))}</span>
            {named(option)}
            {option.points > 0 && <small>💎 {option.points}</small>}
          </button>
        ))}
      </div>
      {needsWords && (
        <label class="field">
          <span class="label">{t('pick.parameter.text')}</span>
          <input
            data-testid="result-text"
            value={words}
            maxLength={60}
            onInput={(event) => setWords(event.currentTarget.value)}
          />
        </label>
      )}
      <footer class="sheet-foot">
        <p class={short > 0 ? 'bad' : 'muted'} role="status">
          {short > 0
            ? t('pick.poor', { points: short })
            : result?.points
              ? t('pick.cost', { points: result.points })
              : ''}
        </p>
        <button
          class="primary wide"
          data-testid="send-task"
          disabled={!isWhole || hub.isBusy.value}
          onClick={send}
        >
          {t('pick.send')}
        </button>
      </footer>
    </Sheet>
  );
}

interface FreeWordsProps {
  kind: string;
  scene: string;
  onUnderstood: (target: string) => void;
}

/** Say the target in one's own words: 进洞送礼 is “pocketed”. */
function FreeWords({ kind, scene, onUnderstood }: FreeWordsProps) {
  const hub = useHub();
  const [words, setWords] = useState('');
  async function understand(event: Event) {
    event.preventDefault();
    if (!words.trim()) return;
    await hub.try(async () => {
      const said = await hub.options(kind, scene, words.trim());
      if (said.understood) onUnderstood(said.understood);
      else toast(t('pick.words.none'));
    });
  }
  return (
    <form class="free-words" onSubmit={understand}>
      <input
        data-testid="target-words"
        aria-label={t('pick.words')}
        placeholder={t('pick.words')}
        value={words}
        maxLength={60}
        onInput={(event) => setWords(event.currentTarget.value)}
      />
      <button data-testid="target-words-send">{t('pick.words.go')}</button>
    </form>
  );
}

function isSame(a: Element, b: Element): boolean {
  return a.id === b.id && a.track === b.track;
}

function isNumber(parameter: Option['parameter']): boolean {
  return parameter === 'count' || parameter === 'seconds';
}

function sign(option: Option, otherwise: string): string {
  return option.picture && !option.picture.includes('/') ? option.picture : otherwise;
}

/** The result that an option stands for. */
export function resultOf(option: Option, words: string): Result {
  const kind = option.result ?? 'gift';
  return option.parameter === 'text' ? { kind, id: option.id, text: words.trim() } : { kind, id: option.id };
}
