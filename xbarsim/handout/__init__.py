"""A run, or what a study left, as one page of HTML that can be sent to a colleague and opened without a network.

- `recognised`: what a path is, and who makes its page
- `blocks`: what a page is made of; `drawing`: figures as data within it; `cells`: numbers as text
- `of_run`: a run's page, with `of_layout` (configuration, device) and `of_arrays` (weights, writes, wear, energies)
- `of_study`: the page of a folder that a study left, from its `tables`
- `of_device`: that of a device file, with what was measured; `of_answers`: those of accuracies after training
- `render`: from blocks to HTML, by the template and the style sheet in `page/`; all that comes from files is escaped

Why Jinja2: it escapes by itself, everywhere, and the template can be read as the page that it makes.

Imports from `show` (figures, words for numbers) and the rooms below it. Look first at `recognised`.
"""
