/** The table of contents says where the reader is. */

/** A section is read once its head has passed this part of the window. */
const READ_FROM = '-20% 0px -70% 0px';

export function startContents(): void {
  const links = new Map<string, HTMLAnchorElement>();
  for (const link of document.querySelectorAll<HTMLAnchorElement>('.contents a')) {
    links.set(link.hash.slice(1), link);
  }
  const watch = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        for (const [id, link] of links) {
          if (id === target.id) link.setAttribute('aria-current', 'true');
          else link.removeAttribute('aria-current');
        }
      }
    },
    { rootMargin: READ_FROM },
  );
  const card = document.querySelector('.card');
  if (card !== null) watch.observe(card);
  for (const id of links.keys()) {
    const section = document.getElementById(id);
    if (section !== null) watch.observe(section);
  }
}
