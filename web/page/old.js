// For browsers that cannot run the page, or could not fetch it whole: a sentence instead of nothing. Old syntax on purpose.
window.addEventListener('load', function () {
  setTimeout(function () {
    var root = document.documentElement;
    if (root.getAttribute('data-drawn') === null) root.className += ' stuck';
  }, 15000);
});
