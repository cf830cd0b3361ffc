"""What a simulated vertebroplasty rests on, in the report's list of sources."""

CEMENT_SOURCES = (
    (
        "Yeom 2003: Yeom JS, et al. J Bone Joint Surg Br 2003;85:83. Types of cement leakage; here "
        "disc and posterior wall, both his type C, are counted apart."
    ),
    (
        "Habib 2010: Habib M, Serhan H, Marchek C, Baroud G. Cement leakage and filling pattern "
        "study of low viscous vertebroplastic versus high viscous Confidence cement. SAS J "
        "2010;4:26. Times of injection, leakage by viscosity."
    ),
    (
        "Nicholas 2007: Nicholas MKD, Waters MGJ, Holford KM, Adusei G. Analysis of rheological "
        "properties of bone cements. J Mater Sci Mater Med 2007. Setting by temperature, viscosity "
        "of set cement."
    ),
    (
        "Krebs 2005: Krebs J, et al. Spine 2005;30:E118. Pressures in the syringe in patients: its "
        "limit here."
    ),
    (
        "Baroud 2004: Baroud G, Falk R, Crookshank M, Sponagel S, Steffen T. Experimental and "
        "theoretical investigation of directional permeability of human vertebral cancellous bone "
        "for cement infiltration. J Biomech 2004;37:189-196."
    ),
    (
        "Quarini 2006: Quarini GL, Learmonth ID, Gheduzzi S. Proc IMechE H 2006;220:625. Cure of "
        "cement; the kinetics of Li 2003 and Borzacchiello 1998 are taken from there."
    ),
    (
        "Jasper 2002: Jasper LE, et al. Material properties of various cements for use with "
        "vertebroplasty. J Mater Sci Mater Med 2002;13:1-5."
    ),
    "Wilson 1927: interval of a counted share by Wilson's score.",
)
