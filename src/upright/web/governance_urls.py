"""The addresses of governance: templates of documents, entities, upkeep."""

from django.urls import path

from upright.web import document_templates, entities, upkeep

urlpatterns = [
    path("templates/", document_templates.listed, name="templates"),
    path("templates/<slug:name>/", document_templates.begin, name="template"),
    path("entities/", entities.show, name="entities"),
    path("upkeep/", upkeep.show, name="upkeep"),
]
