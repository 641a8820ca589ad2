"""Addresses of this room's pages for staff, below /console/<slug>/."""

from django.urls import path

from cohorts.views import imports, invitations, naming, people, selections

app_name = "cohorts"

urlpatterns = [
    path("participants/", people.participants, name="participants"),
    path("participants/export.csv", people.export, name="export"),
    path("participants/import/", imports.start, name="import_start"),
    path("participants/import/<uuid:uuid>/", imports.step, name="import"),
    path("participants/import/<uuid:uuid>/bad-lines.csv", imports.bad_lines, name="bad_lines"),
    path("participants/<int:number>/", people.participant, name="participant"),
    path("participants/<int:number>/name/", people.reveal, name="reveal"),
    path("participants/<int:number>/wish/", people.wish, name="wish"),
    path("participants/<int:number>/erase/", people.erase, name="erase"),
    path("selections/", selections.selections, name="selections"),
    path("selections/draw/<str:phase>/", selections.draw, name="draw"),
    path("selections/name/<str:phase>/", naming.name, name="name"),
    path("selections/<uuid:uuid>/", selections.selection, name="selection"),
    path("selections/<uuid:uuid>/send/", selections.propose, name="propose"),
    path("selections/<uuid:uuid>/decide/", selections.decide, name="decide_selection"),
    path("selections/<uuid:uuid>/let-in/", naming.admit, name="admit"),
    path("selections/<uuid:uuid>/give-away/", selections.reallocate, name="reallocate"),
    path("selections/<uuid:uuid>/proof.json", selections.proof, name="proof"),
    path("invitations/", invitations.board, name="invitations"),
    path("invitations/new/<str:phase>/", invitations.new, name="new_batch"),
    path("invitations/<uuid:uuid>/", invitations.batch, name="batch"),
    path("invitations/<uuid:uuid>/approve/", invitations.approve, name="approve_batch"),
    path("invitations/<uuid:uuid>/<str:verb>/", invitations.stop_or_go, name="batch_verb"),
]
