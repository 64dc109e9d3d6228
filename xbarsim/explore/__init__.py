"""A run in the browser: one page, served on this machine alone, that looks at any moment of a run file.

- `looking`: one run file under a lock, opened anew when it has grown; `sweeping`: what goes through it from end to end
- `answers`: what the page asks for, and what it gets; `wire`: arrays as bytes, with a line of JSON before them
- `server`: who may ask; `page/`: what the browser runs: HTML, CSS and JavaScript, and Plotly's own bundle beside them

Why no Panel or Bokeh server: they hold a session and a document for each page, and send it as JSON; here a map of
157,000 conductances is one request and one array, and Python's own HTTP server does. Plotly draws the curves, since its
package ships the JavaScript whole, so that nothing is loaded from elsewhere.

Imports from `show` (bins and units) and the rooms below it. Look first at `answers`.
"""
