import { useHub } from './context';

export function Points() {
  const hub = useHub();
  return (
    <span class="points" data-testid="points" data-points={hub.points.value} aria-live="polite">
      <span aria-hidden="true">💎</span>
      <b>{hub.points.value}</b>
    </span>
  );
}
