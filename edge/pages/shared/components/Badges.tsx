import { badgeBox, type SeenRing } from '../frames';
import { toBox, type Placed } from '../geometry';
import { resultName, taskText } from '../words';
import type { Task } from '../wire';

interface Props {
  tasks: Task[];
  ring: SeenRing;
  /** RTP stamp of the frame that is shown now. */
  rtp: number | null;
  placed: Placed;
}

/** The tasks, each drawn at its element in the picture. */
export function Badges({ tasks, ring, rtp, placed }: Props) {
  return (
    <div class="badges">
      {tasks.map((task) => {
        const bbox = badgeBox(task, ring, rtp);
        return bbox && <Badge key={task.id} task={task} bbox={bbox} placed={placed} />;
      })}
    </div>
  );
}

interface BadgeProps {
  task: Task;
  bbox: [number, number, number, number];
  placed: Placed;
}

function Badge({ task, bbox, placed }: BadgeProps) {
  const [x, y, w, h] = bbox;
  const [left, top] = toBox([x, y], placed);
  const size = Math.max(26, Math.max(w * placed.width, h * placed.height) * 1.5);
  const middle = left + (w * placed.width) / 2;
  const centre = top + (h * placed.height) / 2;
  const isHigh = centre - size / 2 - 52 < 0;
  const from = Math.min(Math.max(middle, 84), Math.max(84, placed.left * 2 + placed.width - 84));
  return (
    <div
      class="badge"
      data-testid="task-badge"
      data-task={task.id}
      data-x={(x + w / 2).toFixed(4)}
      data-y={(y + h / 2).toFixed(4)}
      style={{ left: px(middle - size / 2), top: px(centre - size / 2), width: px(size), height: px(size) }}
    >
      <span
        class={`badge-text ${isHigh ? 'below' : ''}`}
        style={{ left: px(from - middle + size / 2), top: px(isHigh ? size + 6 : -6) }}
      >
        <b>{taskText(task)}</b>
        <small>{resultName(task.result)}</small>
      </span>
    </div>
  );
}

function px(value: number): string {
  return `${value.toFixed(1)}px`;
}
