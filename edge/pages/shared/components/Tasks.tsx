import { useTicking } from '../frameloop';
import { t } from '../i18n';
import { resultName, taskText } from '../words';
import type { Task } from '../wire';

interface Props {
  tasks: Task[];
  now: () => number;
  me?: string;
  canRefuse: boolean;
  onClose: (task: Task, verb: 'refuse' | 'withdraw') => void;
}

/** The room's open tasks. */
export function Tasks({ tasks, now, me, canRefuse, onClose }: Props) {
  const hubNow = useTicking(now, 1);
  return (
    <section class="tasks card" aria-label={t('task.title')}>
      <h3>
        {t('task.title')} <span class="count">{tasks.length}</span>
      </h3>
      <ul data-testid="tasks">
        {tasks.length === 0 && <li class="muted">{t('task.none')}</li>}
        {tasks.map((task) => (
          <li key={task.id} data-testid="task" data-task={task.id}>
            <span class="grow">
              <b>{taskText(task)}</b>
              <span class="muted">
                {resultName(task.result)} · {t('task.by', { name: task.initiator.nickname })} ·{' '}
                {left(task, hubNow)}
              </span>
            </span>
            {canRefuse && (
              <button data-testid="task-refuse" onClick={() => onClose(task, 'refuse')}>
                {t('task.refuse')}
              </button>
            )}
            {!canRefuse && task.initiator.id === me && (
              <button data-testid="task-withdraw" onClick={() => onClose(task, 'withdraw')}>
                {t('task.withdraw')}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function left(task: Task, now: number): string {
  const seconds = Math.max(0, Math.round((task.expires_ms - now) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
