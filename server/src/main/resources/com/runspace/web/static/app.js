// The one script of the pages. Without it everything works but signing.

// Copying: <button data-copy="id" hidden>. The button shows when it can work.
for (const button of document.querySelectorAll('[data-copy]')) {
  const source = document.getElementById(button.dataset.copy);
  if (!source || !navigator.clipboard) continue;
  const name = button.textContent;
  button.hidden = false;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Press Ctrl-C';
      if (source.select) source.select();
      else getSelection().selectAllChildren(source);
    }
    setTimeout(() => { button.textContent = name; }, 2000);
  });
}
